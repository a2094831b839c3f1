using Scim.Domain.Errors;

namespace Scim.Application.Common;

/// <summary>Scopes as they are written: <c>scim:read,scim:write</c>.</summary>
public static class ScopeNames
{
    public const string Read = "scim:read";
    public const string Write = "scim:write";

    public const Scopes All = Scopes.Read | Scopes.Write;

    public static IReadOnlyList<string> Of(Scopes scopes) => Format(scopes).Split(',');

    public static string Format(Scopes scopes) =>
        scopes switch
        {
            Scopes.Read | Scopes.Write => $"{Read},{Write}",
            Scopes.Read => Read,
            Scopes.Write => Write,
            _ => "",
        };

    public static Scopes Parse(string text)
    {
        var scopes = Scopes.None;
        foreach (
            var name in text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        )
        {
            scopes |= name switch
            {
                Read => Scopes.Read,
                Write => Scopes.Write,
                _ => throw ScimError.InvalidValue($"A scope is {Read} or {Write}."),
            };
        }

        return scopes == Scopes.None
            ? throw ScimError.InvalidValue($"A client needs at least one scope: {Read}, {Write} or both.")
            : scopes;
    }
}
