"""An exception that leaves two frames and is caught in the third, whose frame objects it keeps."""
# record: events=frame+mark
import glassbox


def fail():
    raise ValueError("no")


def between():
    try:
        fail()
    finally:
        pass


def catch():
    try:
        between()
    except ValueError as error:
        return error.__traceback__.tb_lineno


glassbox.mark("begin")
catch()
glassbox.mark("end")
