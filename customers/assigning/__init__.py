"""分配: customers of a group set carried by its company sets, one master and as many numbers as companies."""
