// One import gives what a program needs: images and their files, metrics and models, comparisons and reports.
@_exported public import DreamSimCodecs
@_exported public import DreamSimCore
@_exported public import DreamSimDrawing
@_exported public import DreamSimImages
@_exported public import DreamSimPipeline
@_exported public import DreamSimReports
@_exported public import DreamSimWeights

@_exported public import struct DreamSimSupport.DreamSimError
@_exported public import struct DreamSimTensors.Shape
@_exported public import struct DreamSimTensors.Tensor
@_exported public import enum DreamSimTensors.WeightPrecision
