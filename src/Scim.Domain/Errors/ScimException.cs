namespace Scim.Domain.Errors;

/// <summary>Thrown where a fact is known that refuses the request; turned into an answer at the edge and per bulk operation.</summary>
public sealed class ScimException(ScimError error) : Exception(error.Detail)
{
    public ScimError Error { get; } = error;
}
