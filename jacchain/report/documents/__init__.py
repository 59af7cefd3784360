"""What every command has to say, as a document: what it means, not how it looks."""
