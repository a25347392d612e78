// The declarations of this module speak of the types of those.
@_exported public import DreamSimTensors
