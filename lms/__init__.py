"""The domains of learning. Layers and their order: `.importlinter`."""
