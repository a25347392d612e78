// The declarations of this module speak of the types of those.
@_exported public import DreamSimCodecs
@_exported public import DreamSimCore
