"""Listen: surveys and their frozen versions."""
