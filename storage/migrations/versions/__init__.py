"""One module for each version of the tables; once released, none is changed."""
