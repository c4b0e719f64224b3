"""What goes on beside requests: outbox and delivery, long work, logs."""
