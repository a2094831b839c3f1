using System.ComponentModel.DataAnnotations;
using System.Net;
using Scim.Domain.Operators;

namespace Scim.Infrastructure.Hosting.Configuration;

/// <summary>The value is never shown, and may come from the file that <c>{key}_FILE</c> names.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;

/// <summary>How the configuration table words a default that depends on other keys.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DefaultTextAttribute(string text) : Attribute
{
    public string Text { get; } = text;
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class HttpUrlAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) =>
        value is not string text
        || (
            Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri.Query.Length == 0
            && uri.Fragment.Length == 0
        );

    public override string FormatErrorMessage(string name) => "an absolute http or https URL without query";
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class Base64KeyAttribute : ValidationAttribute
{
    private const int Length = 32;

    public override bool IsValid(object? value) =>
        value is not string { Length: > 0 } text
        || (Convert.TryFromBase64String(text, new byte[text.Length], out var length) && length == Length);

    public override string FormatErrorMessage(string name) => $"{Length} bytes in base64";
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class Base64KeysAttribute : ValidationAttribute
{
    private static readonly Base64KeyAttribute One = new();

    public static IEnumerable<string> Split(string? value) =>
        value?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    public override bool IsValid(object? value) => Split(value as string).All(One.IsValid);

    public override string FormatErrorMessage(string name) => "keys of 32 bytes in base64, separated by commas";
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class TotpSecretAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) =>
        value is not string { Length: > 0 } text || Totp.Decode(text) is not null;

    public override string FormatErrorMessage(string name) =>
        $"at least {Totp.ShortestSecret} bytes in base32, better {Totp.SecretLength}";
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class NetworksAttribute : ValidationAttribute
{
    public static IReadOnlyList<IPNetwork> Parse(string? value) =>
        [.. Split(value).Select(part => IPNetwork.Parse(part))];

    public override bool IsValid(object? value) => Split(value as string).All(part => IPNetwork.TryParse(part, out _));

    public override string FormatErrorMessage(string name) => "networks in CIDR notation, separated by commas";

    private static string[] Split(string? value) =>
        value?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
