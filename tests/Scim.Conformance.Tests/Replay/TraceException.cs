namespace Scim.Conformance.Tests.Replay;

/// <summary>A step that cannot be carried out: an unknown variable, path or operator.</summary>
internal sealed class TraceException(string message) : Exception(message);
