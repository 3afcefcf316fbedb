"""Who may be texted: refusals on record, the ledger of consent, and the answers to its words."""
