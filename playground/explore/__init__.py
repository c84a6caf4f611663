"""`cfu explore`: searching what a design is made of for the best of several objectives."""
