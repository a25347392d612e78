// The declarations of this module speak of the types of those.
@_exported public import DreamSimImages
@_exported public import DreamSimTensors
@_exported public import DreamSimWeights
