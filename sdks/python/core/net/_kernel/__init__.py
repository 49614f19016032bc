"""What the generated code stands on."""
