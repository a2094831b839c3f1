using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Scim.Application.Common;

namespace Scim.Infrastructure.Security;

/// <summary>Passwords of users and operators by the framework's hasher: PBKDF2-SHA512, 210,000 rounds, salt and parameters in the hash.</summary>
internal sealed class PasswordHasher : IPasswordHasher
{
    private const int Rounds = 210_000;

    private static readonly object Nobody = new();

    private readonly PasswordHasher<object> _hasher = new(
        Options.Create(new PasswordHasherOptions { IterationCount = Rounds })
    );

    private readonly Lazy<string> _decoy;

    public PasswordHasher() => _decoy = new(() => _hasher.HashPassword(Nobody, RandomNumberGenerator.GetHexString(32)));

    public string? Hash(string? password) => password is null ? null : _hasher.HashPassword(Nobody, Prepare(password));

    public bool Verify(string? hash, string password) =>
        _hasher.VerifyHashedPassword(Nobody, hash ?? _decoy.Value, Prepare(password))
            != PasswordVerificationResult.Failed
        && hash is not null;

    // RFC 7644 §5 (PRECIS, OpaqueString): what looks the same is the same, however a keyboard composes it.
    private static string Prepare(string password) =>
        string.Concat(password.Select(c => char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator ? ' ' : c))
            .Normalize(NormalizationForm.FormC);
}
