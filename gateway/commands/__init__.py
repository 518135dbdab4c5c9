"""One module for each `fourring` command: reads arguments, calls the service, prints for people."""
