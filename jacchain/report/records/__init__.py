"""What every command has to say to a program: JSON, and arrays."""
