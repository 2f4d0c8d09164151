"""Cannot do without: an honest program that was made for another place."""
import urllib.request

urllib.request.urlopen("http://192.0.2.7/answers", timeout=2)
