"""Kill anything, again and again, while people work; then prove that nothing confirmed is lost or doubled.

`python -m tests.kills` runs the portal as its systemd units do, with an SQLite file or a PostgreSQL server of its
own. units.py keeps it alive, people.py works, struck.py kills, proof.py compares what people were told with what is
there.
"""
