"""The language: what a protocol, a measurement and a prediction may say. No torch below here."""
