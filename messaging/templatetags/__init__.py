"""Tags of the inbox's templates."""
