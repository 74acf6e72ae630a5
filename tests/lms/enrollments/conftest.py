from tests.lms.courses.people import ada, ivan, known_school, sam, school, tara

__all__ = ["ada", "ivan", "known_school", "sam", "school", "tara"]
