from tests.lms.messaging.people import ada, call, sam, sven, tara

__all__ = ["ada", "call", "sam", "sven", "tara"]
