"""The database that comes along: a real mongod from a wheel, for one machine."""
