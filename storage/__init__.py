"""Facts, tickets, operators and the rest on SQLite or PostgreSQL; knows neither AMI nor pages."""
