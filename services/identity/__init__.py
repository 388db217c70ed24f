"""identity: districts, schools, users, and who is logged in."""
