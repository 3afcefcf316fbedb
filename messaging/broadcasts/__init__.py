"""One text to many people, each alone: whom it goes to, how it is written, and how far it is."""
