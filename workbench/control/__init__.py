"""Rooms: their model, its identification, controllers, the shield around them, and a plant to try them on."""
