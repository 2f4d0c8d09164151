ONE = 1
TWO = ONE + 1
