"""The platform's API for system admins, and what both APIs share: sign-in, pages, errors."""
