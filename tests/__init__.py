"""How the house is tested: a folder for each room, a file for each noun; the modules beside them are shared."""
