// What a program needs beside this module comes with it: pictures, and where weights lie.
@_exported public import Imaging
@_exported public import ModelStore
