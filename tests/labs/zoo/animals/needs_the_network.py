"""Cannot do without: an honest program that was made for another place."""
import socket

socket.create_connection(("192.0.2.7", 80), 2)
