"""The last four bits of many numbers are added up by a script that has no function."""

NUMBERS = 1_500_000

high = 0
total = 0
for number in range(NUMBERS):  # fault: at module level each name is looked up in a dict
    last = number & 15  # fault: and stored in one
    if last > 7:
        high += 1
    total += last  # fault: and here, too
print(high, total)
