"""Sound in a cell, from hours to samples."""
