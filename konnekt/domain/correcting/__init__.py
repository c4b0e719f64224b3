"""What a correction is made of: the sheets it corrects, the cells it is typed in, its effect."""
