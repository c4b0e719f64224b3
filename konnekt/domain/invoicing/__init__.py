"""What an invoice is made of: amounts, the hours it bills, drafts, the copies that it freezes."""
