"""What the factories sell: models with their options, rules, prices, routings and inspection plans; lines and markets.

May import shared.
"""
