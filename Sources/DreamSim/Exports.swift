// What a program needs beside this module comes with it: pictures, and where weights lie and how they are kept.
@_exported public import Imaging
@_exported public import ModelStore

@_exported public import struct Tensors.Shape
@_exported public import struct Tensors.Tensor
@_exported public import enum Tensors.WeightPrecision
