"""DVC's stages: each reads its command line and calls one function. No logic lives here."""
