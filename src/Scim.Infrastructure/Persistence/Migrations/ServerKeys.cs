using System.Security.Cryptography;

namespace Scim.Infrastructure.Persistence.Migrations;

/// <summary>The keys that all hosts of one database share; migrate makes those that are missing.</summary>
internal static class ServerKeys
{
    public const string TokenPreCheck = "token-pre-check";
    public const string Cursor = "cursor";
    public const string CredentialCache = "credential-cache";

    public static readonly IReadOnlyList<string> Names = [TokenPreCheck, Cursor, CredentialCache];

    public static byte[] New() => RandomNumberGenerator.GetBytes(32);
}
