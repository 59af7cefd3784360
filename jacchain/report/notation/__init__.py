"""How things are written: text that is safe to print, numbers, the symbols of mathematics, the names of matrices."""
