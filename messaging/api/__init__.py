"""The tenant's REST API under /t/<slug>/api/v1/: one file per noun, all on `base`."""
