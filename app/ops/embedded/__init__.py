"""The database that comes along: a real mongod from a wheel, for one machine. Imports nothing of the product.

It lives and dies with the server that started it; outside the store, it alone knows MongoDB's driver.
"""
