// What a program needs beside this module comes with it.
@_exported public import DreamSim
