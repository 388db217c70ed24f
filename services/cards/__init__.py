"""cards: borrowing cards (借阅卡): numbers, one card a person, privileges, and everything that happens to a card."""
