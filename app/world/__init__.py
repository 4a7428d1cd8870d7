"""试用数据: an invented Fujian to try the platform in and to measure it with.

Nobody in it is real. The one room above all others: it lives through the months by calling the
rooms' own services.
"""
