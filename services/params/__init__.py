"""params: a school's grades and classes (年级参数, 班级参数), and how many readers are in each class."""
