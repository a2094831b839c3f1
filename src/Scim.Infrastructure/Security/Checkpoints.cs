using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Scim.Application.Audit;
using Scim.Domain.Audit;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence.Sealing;

namespace Scim.Infrastructure.Security;

/// <summary>
/// Signs with ECDSA P-256 and SHA-256. The second place is a folder with a file for each tenant, which is only ever
/// appended to: one checkpoint a line. The receiver gets the same lines.
/// </summary>
internal sealed class Checkpoints(IOptions<AuditOptions> options, IAuditSink sink) : ICheckpoints
{
    // Of which the newest checkpoint is looked for; one has a few hundred bytes.
    private const int TailLength = 65_536;

    public bool CanSign => !string.IsNullOrEmpty(options.Value.SigningKeyFile);

    // The URL itself may hold a key.
    public byte[]? Receiver =>
        options.Value.CheckpointUrl is { Length: > 0 } url ? SHA256.HashData(Encoding.UTF8.GetBytes(url)) : null;

    public Checkpoint Sign(Seal seal, Checkpoint? last, DateTimeOffset now)
    {
        // Read anew each time: keys are not for several threads, and a file that was mended is used at the next attempt.
        using var key = Load(options.Value.SigningKeyFile!);
        var checkpoint = Checkpoint.Of(seal, last, now, IdOf(key));
        return checkpoint with { Signature = key.SignData(checkpoint.SignedBytes(), HashAlgorithmName.SHA256) };
    }

    public async Task CopyAsync(
        TenantId tenant,
        Func<long, Task<IReadOnlyList<Checkpoint>>> listAfter,
        CancellationToken cancellationToken
    )
    {
        if (string.IsNullOrEmpty(options.Value.CheckpointFolder))
        {
            return;
        }

        Directory.CreateDirectory(options.Value.CheckpointFolder);
        // Nobody else writes meanwhile: a worker that comes late finds what the next one wrote, and adds nothing.
        await using var file = new FileStream(
            PathOf(options.Value.CheckpointFolder, tenant),
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.Read
        );
        var (last, isTorn) = await LastAsync(file, cancellationToken);
        file.Seek(0, SeekOrigin.End);
        while (await listAfter(last) is { Count: > 0 } missing)
        {
            await file.WriteAsync(Lines(missing, isTorn ? "\n" : ""), cancellationToken);
            last = missing[^1].Number;
            isTorn = false;
        }

        file.Flush(flushToDisk: true);
    }

    public Task<string?> SendAsync(IReadOnlyList<Checkpoint> checkpoints, CancellationToken cancellationToken) =>
        sink.SendAsync(
            new Uri(options.Value.CheckpointUrl!),
            options.Value.CheckpointAuthorization,
            Lines(checkpoints, ""),
            cancellationToken
        );

    public async Task<IReadOnlyList<Checkpoint>?> ReadCopiesAsync(
        TenantId tenant,
        string? folder,
        CancellationToken cancellationToken
    )
    {
        folder ??= options.Value.CheckpointFolder;
        if (string.IsNullOrEmpty(folder))
        {
            return null;
        }

        var path = PathOf(folder, tenant);
        return File.Exists(path)
            ? [.. (await File.ReadAllLinesAsync(path, cancellationToken)).Select(Parse).OfType<Checkpoint>()]
            : [];
    }

    public Func<Checkpoint, bool>? Verifier(IReadOnlyList<string> keyFiles)
    {
        string?[] files = [.. keyFiles, CanSign ? options.Value.SigningKeyFile : null];
        var keys = files.OfType<string>().Select(Load).DistinctBy(IdOf).ToDictionary(IdOf);
        return keys.Count == 0
            ? null
            : checkpoint =>
                keys.TryGetValue(checkpoint.KeyId, out var key)
                && key.VerifyData(checkpoint.SignedBytes(), checkpoint.Signature, HashAlgorithmName.SHA256);
    }

    private static byte[] Lines(IReadOnlyList<Checkpoint> checkpoints, string before) =>
        Encoding.UTF8.GetBytes(
            before + string.Concat(checkpoints.Select(one => TrailFile.Line(new TrailCheckpoint(one)) + "\n"))
        );

    // The name is made of an id of ours: nothing that came from outside.
    private static string PathOf(string folder, TenantId tenant) => Path.Combine(folder, $"{tenant}.ndjson");

    private static async Task<(long Last, bool IsTorn)> LastAsync(FileStream file, CancellationToken cancellationToken)
    {
        file.Seek(-Math.Min(file.Length, TailLength), SeekOrigin.End);
        using var reader = new StreamReader(file, Encoding.UTF8, leaveOpen: true);
        var text = await reader.ReadToEndAsync(cancellationToken);
        var last = text.Split('\n').Select(Parse).OfType<Checkpoint>().LastOrDefault();
        return (last?.Number ?? 0, text.Length > 0 && !text.EndsWith('\n'));
    }

    // A line that a crash tore is followed by the whole one; what someone else destroyed is missed by its number.
    private static Checkpoint? Parse(string line) => (TrailFile.Parse(line) as TrailCheckpoint)?.Checkpoint;

    private static ECDsa Load(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key.KeySize == 256 ? key : throw new ArgumentException("another curve");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            key.Dispose();
            throw ScimError.InvalidValue($"{path} is not a readable PEM file with an ECDSA P-256 key.");
        }
    }

    private static string IdOf(ECDsa key) =>
        Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..16];
}
